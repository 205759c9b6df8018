package storetest

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"herald/store"
)

// DB is a way into the store's database beside the store, for tests that look at rows or change them. It is closed when the test ends.
// In SQLite it waits for its turn and leaves no deleted bytes behind, as the store does.
func DB(tb testing.TB, engine, dsn string) *sql.DB {
	tb.Helper()
	if engine == "sqlite" {
		dsn = "file:" + (&url.URL{Path: dsn}).EscapedPath() + "?_pragma=secure_delete(1)&_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(engine, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// TakeJobs returns the jobs of the kinds that were left and are not done, oldest first, and forgets them, as if somebody had done them.
// No kinds: all.
func TakeJobs(tb testing.TB, env *Env, kinds ...store.JobKind) []store.Job {
	tb.Helper()
	db := DB(tb, env.Engine, env.DSN)
	rows, err := db.QueryContext(tb.Context(), `
		SELECT id, kind, args, scheduled_at
		FROM river_job
		WHERE finalized_at IS NULL
		ORDER BY id`)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	var jobs []store.Job
	for rows.Next() {
		var (
			job  store.Job
			args []byte
			read store.JobArgs
		)
		if err := rows.Scan(&job.ID, &job.Kind, &args, &job.At); err != nil {
			tb.Fatal(err)
		}
		if err := json.Unmarshal(args, &read); err != nil {
			tb.Fatal(err)
		}
		if len(kinds) > 0 && !slices.Contains(kinds, job.Kind) {
			continue
		}
		job.CompanyID, job.Ref = read.CompanyID, read.Ref
		jobs = append(jobs, job)
	}
	if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
		tb.Fatal(err)
	}
	for _, job := range jobs {
		id, err := strconv.ParseInt(job.ID, 10, 64)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := db.ExecContext(tb.Context(), `DELETE FROM river_job WHERE id = $1`, id); err != nil {
			tb.Fatal(err)
		}
	}
	return jobs
}
