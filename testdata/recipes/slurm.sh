#!/bin/sh
#SBATCH --job-name=imgrename
#SBATCH --dependency=singleton
#SBATCH --array=0-3
#SBATCH --requeue
#SBATCH --signal=TERM@60
#SBATCH --output=imgrename-%a.log
export IMGRENAME_STATE_DIR=/shared/imgrename/state
exec imgrename apply /shared/imgrename/nightly.csv --yes -q \
  --shard="$SLURM_ARRAY_TASK_ID/4" --lock-timeout=2m
