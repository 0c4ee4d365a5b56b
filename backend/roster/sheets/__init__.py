"""The two spreadsheets, in and out: what a column means, reading a file, staging its rows, writing them, exporting."""
