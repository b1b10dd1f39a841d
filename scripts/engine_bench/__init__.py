"""What the engine costs and gains, part by part; see scripts/bench_engine.py."""
