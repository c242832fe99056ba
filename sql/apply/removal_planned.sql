-- Somebody is about to move files into quarantine, out of it, or to delete them there.
insert into removal_plans (plan_id, action, what, files, certificate, uncertified, merge, actor, "at", seq)
select plan_id, action, what, count, certificate, uncertified, merge, actor, "at"::timestamp, seq from event_rows;
