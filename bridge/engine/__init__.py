"""What binds several replicas on PostgreSQL: procrastinate wakes their lanes and holds the slots of their jobs."""
