"""The Docker engine of this machine: how it is asked, the base image, the images of the functions."""
