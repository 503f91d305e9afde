"""Words of command lines that several tests use."""

REPORT = ["--label", "y", "--score", "p", "--patient", "id", "--threshold", "0.5"]
COLUMNS = ["--image", "file", "--label", "diagnosis", "--patient", "person", "--positive", "sick"]
