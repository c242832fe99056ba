-- The catalogue has not applied exactly the events that it says it has.
select a.seq as applied, count(e.seq) as events, max(e.seq) as last
from applied a left join ledger_events e on true
group by a.seq having a.seq <> count(distinct e.seq) or a.seq <> coalesce(max(e.seq), 0) or count(e.seq) <> count(distinct e.seq);
