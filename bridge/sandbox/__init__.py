"""A simulated PagerTree and a simulated Rootly as real HTTP servers, for the demo, the tests and the benchmarks."""
