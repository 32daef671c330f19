"""The language without numbers: variables, the nodes that compute them, and walks over both."""
