"""What the operator wants to know of the world around the site. `dns` asks the name service about the sender."""
