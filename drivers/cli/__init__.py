"""The command line: thin, one question a command, a file for each family of commands."""
