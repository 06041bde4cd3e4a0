select cast('{{ var("number", "x") }}' as int) as broken from {{ ref('orders') }}
