-- It came to its end; one row without an image, and one for each file that wasn't moved.
insert into removal_ends (plan_id, outcome, done, "at", seq)
select plan_id, outcome, done, "at"::timestamp, seq from event_rows where image_id is null;

insert into removal_refusals (plan_id, image_id, uri, reason, seq)
select plan_id, image_id, uri, reason, seq from event_rows where image_id is not null;
