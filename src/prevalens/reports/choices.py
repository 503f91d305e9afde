"""What whoever asks for a report may choose: known without loading what makes one."""

FORMATS = (".html", ".json", ".md", ".txt", ".tex")
ORIGINS = ("pre-specified", "validation", "exploratory")
POOLINGS = ("mean", "max", "top_k", "fraction")
ACCEPTANCE_FORMATS = (".html", ".json", ".md", ".txt")
