"""The files that `penstock init` writes. Every line of the configuration is a default."""

from __future__ import annotations

CONFIG = """\
# The configuration of this Penstock instance. Every setting is shown with its default; remove the #
# in front of a line and change it. The engine reads this file when it starts, and
# `penstock down && penstock up -d` stops no task.

# The folder of DAG files, relative to this file.
# dags_folder = "dags"

# A group whose members may change that folder and the files in it, and so run anything as the engine's
# user. Without a group, only that user and root may. Nothing else of this instance is open to the group.
# dags_group = ""

# Time zone of DAGs that do not set one.
# timezone = "UTC"

# How many attempts may run at once, over all DAGs.
# parallelism = 32

# How many attempts share one supervisor process; 1 gives each its own.
# attempts_per_supervisor = 16

# Seconds between SIGTERM and SIGKILL when a task is stopped, unless the task says otherwise.
# stop_grace = 60.0

# Whether consoles ring the terminal's bell when something fails that is not on their screen.
# bell = false

# The permissions that tasks take away from files they make: octal digits, as in a shell. Without it, the
# umask that the engine was started with. What the instance itself makes is always private.
# umask = "022"

# The largest log of one attempt in bytes: of a longer output the beginning and the end are kept.
# log_max_bytes = 268435456

# Seconds that a DAG file may take to load, and bytes of memory it may use.
# parse_timeout = 30.0
# parse_memory = 2147483648

# Seconds after which a launch that no supervisor took is repeated.
# launch_deadline = 10.0

# How many runs are created in one step, over all DAGs.
# runs_per_tick = 100

# How long a list or dict may be that tasks are mapped over; a longer one fails the task that returned it.
# max_map_length = 1024

# Seconds that the callbacks and notifiers of one event may take, all together.
# callback_timeout = 60.0

# After this many failed runs in a row a schedule is paused, unless the DAG sets its own number; 0: never.
# max_consecutive_failed_runs = 0

# The executor of tasks that name none.
# default_executor = "local"

# Whether the engine may run as root.
# allow_root = true

# What is deleted, once an hour: finished runs after retention_days, with their logs, samples and events;
# the oldest runs of a DAG whose logs take more than retention_bytes; but not its newest keep_runs by age.
# Acts of people are kept for event_days, records of schedule points for point_days. 0 keeps everything.
# retention_days = 30
# retention_bytes = 10737418240
# keep_runs = 30
# event_days = 365
# point_days = 400

# Environment variables that tasks inherit besides PATH, HOME and the like; "AWS_*" is a pattern.
# Logs show their values as *** unless show_env names them too.
# pass_env = []
# show_env = []

# Files that import from airflow load as they are. The dialect is that of files that do not say it.
# [airflow]
# compat = true
# dialect = "2"

# Pools that are made if they do not exist: a name and its slots.
# [pools]
# warehouse = 1

# To keep more or less of one DAG:
# [retention.daily_report]
# days = 365
# bytes = 1073741824
# runs = 100

# The HTTP API beside the engine (`penstock api serve` serves it without this). An address that other
# machines can reach needs a certificate and its key.
# [http]
# listen = "127.0.0.1:8080"
# cert = "cert.pem"
# key = "key.pem"

# Executors on other hosts. Tasks name one with executor="...".
# "cluster" needs no table here once `penstock cluster start` was run in this folder.
# [executors.grid]
# type = "dask"
# scheduler = "tls://grid.example:8786"
# ca = "certs/ca.pem"
# cert = "certs/engine.pem"
# key = "certs/engine.key"
# Seconds that a host goes on with an attempt without hearing from the engine; then it ends it ("kill"), or
# lets it run ("keep").
# lease = 600.0
# on_partition = "kill"
# Where references to secrets are looked up: on this machine, or on each "worker".
# secrets = "engine"

# Connections that operators use by id: URLs, or tables of fields. Never write a secret here, only where
# it is: env:NAME (in the engine's environment), file:PATH or cmd:COMMAND.
# [connections]
# files = "file:///srv/data"
# warehouse = { uri = "postgresql://etl@db.example:5432/dw", secrets = { password = "env:DW_PASSWORD" } }

# Variables that templates read as {{ var.value.<name> }}.
# [variables]
# region = "eu"
# api_token = { secret = "file:/run/secrets/api_token" }
"""

FIRST_DAG = '''\
"""A first DAG: three tasks, one after the other, every morning at six.

Try it with `penstock test dags/first_dag.py`: that needs no engine and changes nothing here.
"""

from penstock import DAG, BashOperator, task

with DAG(
    "first_dag",
    schedule="0 6 * * *",  # cron, in the time zone of penstock.toml
    catchup="none",  # mornings that have passed are not run later
    description="What a DAG looks like",
    default_args={"retries": 1, "retry_delay": 10},  # seconds
):
    # A shell command. {{ ds }} is the date of the run; the last printed line is the task's result.
    extract = BashOperator(task_id="extract", bash_command="echo extracting {{ ds }}; echo 42")

    # A Python function. It waits for the tasks whose results it takes.
    @task
    def transform(rows):
        print(f"transforming {rows} rows")
        return int(rows) * 2

    load = BashOperator(task_id="load", bash_command="echo loading; sleep 1; echo done")

    transform(extract.output) >> load
'''

GITIGNORE = """\
# The state of the instance; penstock.toml and dags/ are yours to keep.
/penstock.db*
/attempts/
/versions/
/instance.json
/values.json
/http_tokens.*
/bundles/
/cluster/
/venvs/
/run/
/backups/
/engine.log*
/cluster/
__pycache__/
"""
