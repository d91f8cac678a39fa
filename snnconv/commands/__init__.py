"""What each command does, without the terminal: paths and options in, files and results out. One file a command."""
