"""What the first lines of most conversations consist of: a compressor that knows it sends it in a few bytes.

Both sides must have the same, so a change of it raises `penstock.ssh.packing.KIND`. The most common ones
come last.
"""

from __future__ import annotations

WORDS = (
    b'"snoozed":null,"acknowledged":null,"new":true,"open":,"dags":[""],"tasks":[]}],"fingerprint":"",'
    b'"line":"ERROR ","count":1,"first":"20","recovered":[{"failed_run_id":"scheduled__20","failed":"20'
    b'"at":"2026-"}],"late":[{"kind":"start","seconds":0.0,"usual":null,"ended":true,"slow":[{"map_index":-1,'
    b'"p95":,"skipped":[{"reason":"paused","acts":[],"pauses":[],"files":[],"engine":[{"seq":,"stopped":false}],'
    b'"counts":{"failed":0,"recovered":0,"late":0,"slow":0,"skipped":0,"acts":0,"pauses":0,"files":0,"engine":1},'
    b'"own":0,"seen_failures":0,"newest_failure":0,"looked":null,"failed":[{"since":"20","until":"20'
    b'{"act":"looked","place":"digest","upto":,"failures":0},"expect":null,"actor":" (console)","act_id":"'
    b'"message":"seen up to ","touched":0,"run_id":null,"backfill_id":null,"state":null,"undo_id":null}}\n'
    b'{"task_id":"","run_id":"scheduled__20T00:00:00+00:00","dag_id":"","state":"running","success","failed",'
    b'"database_bytes":,"log_bytes":,"home":"/home/","version":"0.1.0","dags":,"runs_active":0,"parallelism":16,'
    b'"import_errors":0,"last_seen":"20","written":,"attempts_live":0,"kept":"","warnings":[],"silent_pid":null,'
    b'"ticks":,"tick_seconds":0.0,"quarantined":0,"failures":0,"questions":0}}\n'
    b'{"change":{"cursor":,"dags":[""],"runs":[["","scheduled__20T"]],"all":false,"bells":[]}}\n'
    b'"method":"status","params":{}}\n"method":"import_errors","params":{}}\n"method":"digest","params":'
    b'{"person":" (console)","limit":1}}\n"method":"commit","params":{"act":{'
    b'"method":"dags","params":{"strip":24}}\n'
    b'{"id":1,"result":{"pid":,"since":"2026-","running":0,"queued":0,"failed_24h":0,"idle_seconds":0.0,'
    b'"id":1,"result":[]}\n{"id":1,"edit":[0,0,'
)
