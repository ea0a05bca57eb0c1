"""The benchmarks of `make bench`. Each module has a `main()` that prints one JSON line per measure.

It may import all of ours. Start reading at the module named for what you want to measure.
"""
