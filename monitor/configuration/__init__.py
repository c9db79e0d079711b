"""What config.toml and the files that it names say: read whole, refused whole."""
