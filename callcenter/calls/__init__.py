"""What is known of calls: records, recordings, transcripts, alarms, and the jobs that they owe."""
