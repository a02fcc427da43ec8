"""Requests and answers, with what fills them."""
