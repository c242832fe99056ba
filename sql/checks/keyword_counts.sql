-- The number of keywords of an image isn't right.
select f.image_id, f.keyword_count, count(k.image_id) as counted
from image_facts f left join keywords k using (image_id)
group by f.image_id, f.keyword_count having f.keyword_count <> count(k.image_id);
