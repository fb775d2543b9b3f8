"""What a machine with a GPU runs in a folder of its own: `./dev gpu build`, `./dev gpu run`."""
