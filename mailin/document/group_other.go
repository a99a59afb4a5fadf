//go:build !unix

package document

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup kills the process alone: there are no process groups here.
func killGroup(cmd *exec.Cmd) { cmd.Process.Kill() }
