"""The parts of `stress_engine.py`: each does one thing to the engine and returns what it found, as lines."""
