-- Files were received from this source but aren't all catalogued: run `workbench rebuild`, or scan the source again.
select r.source, count(distinct r.image_id) as received,
       (select count(*) from seen_files s where s.source = r.source) as catalogued
from receipts r
where r.source not in (select source from surveys)
group by r.source;
