"""What the template needs of AWS's quotas, measured before AWS refuses a deployment."""
