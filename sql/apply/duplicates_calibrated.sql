-- Finding duplicates was tried out on this collection: with which thresholds, and what came of it.
insert into calibration_rows (calibration_id, part, kind, says, tried, proposed, found, refuted, low, high, thresholds, seed, pictures,
                              sampled, actor, "at", seq)
select calibration_id, part, kind, says, tried, proposed, found, refuted, low, high, thresholds, seed, pictures, sampled, actor,
       "at"::timestamp, seq
from event_rows;
