//go:build !unix

package storetest

import (
	"errors"
	"io"
)

var errNotInstalled = errors.New("a throw-away PostgreSQL needs a Unix system")

func startCluster() (socket string, lifeline io.Closer, err error) {
	return "", nil, errNotInstalled
}
