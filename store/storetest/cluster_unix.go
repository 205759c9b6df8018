//go:build unix

package storetest

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

var errNotInstalled = errors.New("PostgreSQL is not installed: no initdb in PATH or /usr/lib/postgresql")

//go:embed cluster.sh
var script string

// startCluster starts a PostgreSQL cluster and returns the directory of its
// socket. The cluster ends when its lifeline is closed, which is best left to
// the kernel at the end of the process; keep it, as the garbage collector closes
// what nobody refers to. It returns errNotInstalled if there is nothing to start.
func startCluster() (socket string, lifeline io.Closer, err error) {
	bin, err := findPostgres()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "herald-postgres-")
	if err != nil {
		return "", nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	// Setsid: an interrupt typed at the terminal must not reach the cluster
	// before the tests have ended.
	attr := &syscall.SysProcAttr{Setsid: true}
	if os.Getuid() == 0 {
		if attr.Credential, err = unprivileged(); err != nil {
			return "", nil, fmt.Errorf("start PostgreSQL: %w", err)
		}
		if err := os.Chown(dir, int(attr.Credential.Uid), int(attr.Credential.Gid)); err != nil {
			return "", nil, fmt.Errorf("start PostgreSQL: %w", err)
		}
	}

	// No context: it ends when its standard input does.
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", script, "cluster.sh", bin, dir)
	cmd.Dir = "/" // the user that runs it may not be allowed to see ours
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.SysProcAttr = attr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start PostgreSQL: %w", errors.Join(err, os.RemoveAll(dir)))
	}
	out := bufio.NewReader(stdout)
	if line, err := out.ReadString('\n'); line != "ready\n" {
		rest, readErr := io.ReadAll(out)
		return "", nil, fmt.Errorf("start PostgreSQL from %s: %w\n%s%s",
			bin, errors.Join(err, readErr, cmd.Wait()), line, rest)
	}
	return dir, stdin, nil
}

// findPostgres returns the directory of the server's programs: initdb's, if it
// is in PATH, else that of the newest version where Debian keeps them.
func findPostgres() (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if initdb, err = filepath.EvalSymlinks(initdb); err == nil {
			return filepath.Dir(initdb), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNotInstalled
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // 0 if it is no number: then it is no version
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// unprivileged returns a user to run PostgreSQL as, which refuses to be root.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}
