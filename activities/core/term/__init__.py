"""Plans over a term: problem in, result out. Knows no framework, no clock and no names of people."""
