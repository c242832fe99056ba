-- Somebody inspected an image for which they had entered values themselves.
select i.sample_id, i.image_id, i.inspector, h.field, h.seq as entered, i.seq as inspected
from inspections i
join value_history h on h.image_id = i.image_id and h.actor = i.inspector and h.seq < i.seq
where h.value is not null;
