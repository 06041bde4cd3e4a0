-- A mart that lost or doubled a flight must not be used.
select mart.flights, loaded.flights as loaded
from (select coalesce(sum(flights), 0) as flights from {{ ref('delays') }}) mart,
     (select count(*) as flights from {{ source('loaded', 'flights') }}) loaded
where mart.flights <> loaded.flights
