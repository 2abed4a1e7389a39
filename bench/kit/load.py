"""What is measured alike on both stores: latency at half load, and memory under load. A server serves already."""

import statistics


def tail_at_half_load(bench, server):
    """p99 over p50 at half of the load that saturates, 64 connections."""
    connections, customers = 64, bench.sizes.main
    full = statistics.median(bench.wrk(server, "try_decrease", connections, customers)["per_second"]
                             for _ in range(3))
    pause = 1000 * connections / (full / 2)
    for _ in range(6):  # wrk cannot hold a rate: find the pause that gives it
        got = bench.wrk(server, "try_decrease", connections, customers, delay_ms=pause)
        wrong_by = got["per_second"] / (full / 2)
        if 0.95 < wrong_by < 1.05:
            break
        pause = max(0.5, pause + 1000 * connections * (1 / (full / 2)) * (wrong_by - 1) * 0.8)
    runs = []
    for run in range(bench.sizes.runs):
        got = bench.wrk(server, "try_decrease", connections, customers, delay_ms=pause, seed=run + 10,
                        seconds=2 * bench.sizes.seconds)
        runs.append({"ratio": round(got["p99_us"] / got["p50_us"], 2), "p50_us": got["p50_us"],
                     "p99_us": got["p99_us"], "p999_us": got["p999_us"], "max_us": got["max_us"],
                     "load": round(got["per_second"] / full, 2)})
    return {"value": statistics.median(r["ratio"] for r in runs), "baseline": round(full),
            "baseline_is": "per second at full load", "runs": [r["ratio"] for r in runs],
            "measured": f"{customers} customers, {connections} connections", "all": runs}


def peak_memory(bench, server, customers):
    """VmHWM in MiB after spread load of both kinds."""
    for operation in ("try_decrease", "get_item"):
        bench.wrk(server, operation, 256, customers, seconds=3 * bench.sizes.seconds)
    return server.memory("VmHWM")
