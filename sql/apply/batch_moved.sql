-- A batch went on to another state.
insert into batch_moves (batch, state, came_from, lot, actor, "at", seq)
select batch, state, came_from, lot, actor, "at"::timestamp, seq from event_rows;
