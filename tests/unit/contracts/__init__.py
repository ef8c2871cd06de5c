"""What agencies and services say to each other, tried from every side."""
