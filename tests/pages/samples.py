"""A reply that has everything in it."""

from __future__ import annotations

RICH = """Three things stand between an accepted message and its loss:

1. **The ledger** holds it until the database has it.
2. **The lease** lets *one* worker answer at a time:
   - taken by a conditional `UPDATE`
   - renewed before each model call
3. **The sweeper** wakes what sleeps. See [the guide](https://example.org/guide).

```python
def wake(shard: int) -> bool:
    \"\"\"True when somebody is on the way.\"\"\"
    return queue.send("receive", [shard], expires=1.5, and_a_long_argument="so that it has to scroll")
```

| Killed | What happens |
|---|---|
| worker | the lease runs out, another answers |
| Redis | 503 with `Retry-After`, then on |

> 202 means on disk.

### A heading
---
And a word_that_is_longer_than_any_phone_is_wide_and_has_no_place_where_it_could_be_broken_in_two.
"""
