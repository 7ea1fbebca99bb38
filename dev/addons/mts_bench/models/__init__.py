from . import mts_bench
