//go:build !linux

package imaptest

import "syscall"

func endWithParent() *syscall.SysProcAttr { return nil }
