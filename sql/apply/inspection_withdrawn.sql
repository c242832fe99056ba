-- Somebody took an inspection back.
update inspection_rows set withdrawn = true from event_rows e where e.inspected = inspection_rows.seq;
