"""What one file may cost. Pure: read by the program that opens files as well as by the service."""

FILE_BYTES = 10 * 1024 * 1024
MEMBERS = 200
INFLATED_BYTES = 100 * 1024 * 1024
RATIO = 100
RATIO_FREE_BYTES = 256 * 1024  # below this a member may shrink as well as it likes
ROWS = 20_000
COLUMNS = 64
CELL_CHARACTERS = 4_000
CHARACTERS = 20_000_000  # of all cells: a county's children come to five million
MEMORY_MB = 512
SECONDS = 9.0  # a refusal reaches the person within ten
ANSWER_BYTES = 160 * 1024 * 1024
