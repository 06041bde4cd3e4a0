select sum(amount) as total, '{{ var("day", "none") }}' as day from {{ ref('orders') }}
