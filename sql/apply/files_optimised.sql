-- Files were made smaller. What people decided about the pictures holds for the new files as well.
insert into optimised_rows (
    job_id, image_id, uri, how, before, after, size_before, size_after, likeness, content_before, content_after, state, actor,
    "at", seq)
select job_id, image_id, uri, how, before, after, size_before, size_after, likeness, content_before, content_after, 'optimised',
       actor, "at"::timestamp, seq
from event_rows;

create or replace temp table renewed as
select distinct before as old_key, after as new_key from event_rows
union select distinct content_before, content_after from event_rows;

insert into pair_decisions by name
select d.* replace (
    least(coalesce(a.new_key, d.content_a), coalesce(b.new_key, d.content_b)) as content_a,
    greatest(coalesce(a.new_key, d.content_a), coalesce(b.new_key, d.content_b)) as content_b)
from pair_decisions d
left join renewed a on a.old_key = d.content_a
left join renewed b on b.old_key = d.content_b
where a.new_key is not null or b.new_key is not null;

insert into keeper_decisions by name
select d.* replace (coalesce(a.new_key, d.content) as content, coalesce(b.new_key, d.beats_content) as beats_content)
from keeper_decisions d
left join renewed a on a.old_key = d.content
left join renewed b on b.old_key = d.beats_content
where a.new_key is not null or b.new_key is not null;

drop table renewed;
