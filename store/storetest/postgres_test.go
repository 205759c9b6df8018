package storetest

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestEachTestGetsItsOwnDatabase(t *testing.T) {
	t.Parallel()
	first, second := connectTo(t, Postgres(t)), connectTo(t, Postgres(t))
	mustExec(t, first, `CREATE TABLE mine (id INT)`)
	if n := count(t, second, `SELECT count(*) FROM pg_tables WHERE tablename = 'mine'`); n != 0 {
		t.Error("a table made in one database is seen in another")
	}
}

func TestTheDatabaseIsDroppedUnderOpenConnections(t *testing.T) {
	t.Parallel()
	witness := connectTo(t, Postgres(t))
	var dsn string
	t.Run("a test that forgets to close", func(t *testing.T) {
		dsn = Postgres(t)
		db, err := sql.Open("postgres", dsn)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.PingContext(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if exists(t, witness, dsn) {
		t.Errorf("%s still exists after its test", databaseOf(t, dsn))
	}
}

func TestATemplateIsPreparedOnceAndCopied(t *testing.T) {
	t.Parallel()
	Postgres(t) // skips where there is none
	var prepared atomic.Int32
	prepare := func(dsn string) error {
		prepared.Add(1)
		db, err := sql.Open("postgres", dsn)
		if err != nil {
			return err
		}
		_, err = db.ExecContext(context.Background(), `CREATE TABLE people (id INT)`)
		return errors.Join(err, db.Close())
	}
	t.Run("copies", func(t *testing.T) {
		for _, name := range []string{"first", "second", "third"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db := connectTo(t, PostgresTemplate(t, "people", prepare))
				mustExec(t, db, `INSERT INTO people (id) VALUES (1)`)
				if n := count(t, db, `SELECT count(*) FROM people`); n != 1 {
					t.Errorf("%d rows, want the one just written", n)
				}
			})
		}
	})
	want := int32(1)
	if os.Getenv(envServer) != "" {
		want = 3
	}
	if got := prepared.Load(); got != want {
		t.Errorf("prepared %d times, want %d", got, want)
	}
}

func TestTheClusterEndsWithAKilledTestBinary(t *testing.T) {
	t.Parallel()
	if os.Getenv(envServer) != "" {
		t.Skip("the given server does not end with the tests")
	}
	Postgres(t) // skips where there is none
	child := startChild(t, envServer+"=")
	dir := socketOf(t, child.dsn)
	pid := postmaster(t, dir)

	if err := child.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}

	gone := func(path string) func() bool {
		return func() bool {
			_, err := os.Stat(path)
			return errors.Is(err, os.ErrNotExist)
		}
	}
	await(t, "removal of "+dir, gone(dir))
	if runtime.GOOS == "linux" {
		await(t, "end of process "+pid, gone(filepath.Join("/proc", pid)))
	}
}

func TestAGivenServerIsUsedAndLeftAsItWas(t *testing.T) {
	t.Parallel()
	given := Postgres(t)
	db := connectTo(t, given)
	child := startChild(t, envServer+"="+given)
	if got, want := socketOf(t, child.dsn), socketOf(t, given); got != want {
		t.Errorf("the test used the server at %q, want the given one at %q", got, want)
	}
	if !exists(t, db, child.dsn) {
		t.Errorf("no database %s on the given server", databaseOf(t, child.dsn))
	}
	child.finish(t)
	if exists(t, db, child.dsn) {
		t.Errorf("%s is left on the given server", databaseOf(t, child.dsn))
	}
}

func TestAServerMayBeMissingUnlessRequired(t *testing.T) {
	for _, tt := range []struct {
		name    string
		require string
		err     error
		want    string
	}{
		{"not installed", "", errNotInstalled, "skipped"},
		{"not installed, another thing required", "browser", errNotInstalled, "skipped"},
		{"not installed but required", "postgres,browser", errNotInstalled, "failed"},
		{"does not start", "", errors.New("disk full"), "failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(envRequire, tt.require)
			asked := &recorder{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				giveUp(asked, tt.err)
			}()
			<-done
			if asked.outcome != tt.want {
				t.Errorf("%s, want %s", asked.outcome, tt.want)
			}
		})
	}
}

// recorder is a test that notes how it ended.
type recorder struct {
	testing.TB
	outcome string
}

func (r *recorder) Skipf(string, ...any) {
	r.outcome = "skipped"
	runtime.Goexit()
}

func (r *recorder) Fatal(...any) {
	r.outcome = "failed"
	runtime.Goexit()
}

// envChild makes TestChild do its part.
const envChild = "HERALD_STORETEST_CHILD"

// TestChild is the other process of the tests above: it takes a database, says
// which, and holds it until its standard input ends.
func TestChild(t *testing.T) {
	if os.Getenv(envChild) == "" {
		t.Skip("only the other tests call it")
	}
	fmt.Fprintln(os.Stderr, Postgres(t))
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
}

type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	dsn   string
}

func startChild(t *testing.T, env ...string) *child {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(append(os.Environ(), envChild+"=1"), env...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // has ended already if all went well
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stderr).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said %q: %v", line, err)
	}
	return &child{cmd: cmd, stdin: stdin, dsn: strings.TrimSpace(line)}
}

func (c *child) finish(t *testing.T) {
	t.Helper()
	if err := c.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Fatalf("the child failed: %v", err)
	}
}

// await returns when done does, or fails t: other processes announce nothing.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("no %s within 30 s", what)
		}
	}
}

func postmaster(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, _, _ := strings.Cut(string(b), "\n")
	return pid
}

func connectTo(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func mustExec(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *sql.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func exists(t *testing.T, db *sql.DB, dsn string) bool {
	t.Helper()
	return count(t, db, `SELECT count(*) FROM pg_database WHERE datname = $1`, databaseOf(t, dsn)) > 0
}

func databaseOf(t *testing.T, dsn string) string {
	t.Helper()
	return strings.TrimPrefix(parse(t, dsn).Path, "/")
}

func socketOf(t *testing.T, dsn string) string {
	t.Helper()
	return parse(t, dsn).Query().Get("host")
}

func parse(t *testing.T, dsn string) *url.URL {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
