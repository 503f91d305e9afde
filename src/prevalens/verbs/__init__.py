"""The words of the command, one file each; `prevalens.command` puts them together."""
