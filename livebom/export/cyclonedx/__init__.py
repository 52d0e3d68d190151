"""The CycloneDX writer: the shapes of specification 1.6 and 1.7, and how the graph's parts and edges become them."""
