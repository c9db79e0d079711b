"""The pure core: values in, values out. Knows no clock, file, database or network; the day is an argument."""
