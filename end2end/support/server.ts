// Each test has its own server: the built binary, on a free port, with a database in a temporary folder.

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const repository = resolve(__dirname, "../..");

// `make e2e` sets CLOAKROOM_BIN to its release build. `cargo leptos end-to-end --split` does not set it, but has
// just made the newest build.
function binary(): string {
  if (process.env.CLOAKROOM_BIN) return resolve(repository, process.env.CLOAKROOM_BIN);
  const builds = ["release", "debug"].map((profile) => join(repository, "target", profile, "cloakroom"));
  const newest = builds.filter(existsSync).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  if (newest === undefined) {
    throw new Error("There is no server to test: build one with `cargo leptos build --split`, or run `make e2e`.");
  }
  return newest;
}

export class Server {
  private process: ChildProcess | undefined;

  /** The server's address. The system chooses the port, and the server keeps it after a restart. */
  url = "";

  private constructor(
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Starts a server with the demo's users and these settings, named as in the environment. */
  static async start(settings: Record<string, string> = {}): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), "cloakroom-"));
    // Without the settings in the caller's environment: cargo-leptos sets variables of the same names.
    const inherited = Object.entries(process.env).filter(([name]) => !/^(LEPTOS_|CLOAKROOM_)/.test(name));
    const server = new Server(folder, {
      ...Object.fromEntries(inherited),
      LEPTOS_SITE_ROOT: join(repository, "target/site"),
      LEPTOS_SITE_ADDR: "127.0.0.1:0",
      CLOAKROOM__METRICS__ADDR: "127.0.0.1:0",
      CLOAKROOM__DATABASE__URL: `sqlite://${join(folder, "cloakroom.db")}`,
      CLOAKROOM__TOKEN__SECRET_KEY: "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
      CLOAKROOM__DEMO__ENABLED: "true",
      // Cheap hashes for the users that tests make. The demo's users have those of the tutorial.
      CLOAKROOM__PASSWORD__MEMORY_KIB: "1024",
      CLOAKROOM__PASSWORD__ITERATIONS: "1",
      ...settings,
    });
    await server.resume();
    return server;
  }

  /** Starts or restarts the process, with these settings too, and waits until it prints that it is open. */
  async resume(settings: Record<string, string> = {}): Promise<void> {
    Object.assign(this.environment, settings);
    const child = spawn(binary(), { cwd: this.folder, env: this.environment, stdio: ["ignore", "pipe", "pipe"] });
    this.process = child;
    this.url = await new Promise<string>((opened, failed) => {
      let said = "";
      const listen = (chunk: Buffer) => {
        said += chunk.toString();
        const address = /Cloakroom is open: (\S+)/.exec(said)?.[1];
        if (address) opened(address);
      };
      child.stdout.on("data", listen);
      child.stderr.on("data", listen);
      child.once("error", failed);
      child.once("exit", (code) => failed(new Error(`the server ended with ${code}: ${said}`)));
    });
    this.environment.LEPTOS_SITE_ADDR = new URL(this.url).host;
  }

  /** Stops the process; the database stays. */
  async pause(): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }

  /** Runs `cloakroom` with these arguments on the same database, with `input` on standard input. */
  async run(args: string[], input = ""): Promise<void> {
    const child = spawn(binary(), args, { cwd: this.folder, env: this.environment, stdio: ["pipe", "ignore", "inherit"] });
    child.stdin.end(input);
    const code = await new Promise((resolve) => child.once("exit", resolve));
    if (code !== 0) throw new Error(`cloakroom ${args.join(" ")} ended with ${code}`);
  }

  /** Restarts in production. The demo's users and items stay in the database. */
  async restartInProduction(): Promise<void> {
    await this.pause();
    await this.resume({
      LEPTOS_ENV: "PROD",
      CLOAKROOM__DEMO__ENABLED: "false",
      CLOAKROOM__TOKEN__SECRET_KEY: randomBytes(32).toString("hex"),
    });
  }

  async stop(): Promise<void> {
    await this.pause();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
