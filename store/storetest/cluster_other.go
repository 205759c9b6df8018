//go:build !unix

package storetest

import "errors"

var errNotInstalled = errors.New("a throw-away PostgreSQL needs a Unix system")

func startCluster() (string, error) { return "", errNotInstalled }
