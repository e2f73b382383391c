"""Long work: its pace told, and what is finished kept on disk, so that an interruption costs seconds."""
