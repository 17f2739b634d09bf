//! The threads that say it, over plain TCP, as fast as the other side takes it or at a pace.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::script::{Attack, Script};

/// How long a write may wait for the other side before the thread looks whether it should stop.
const LOOK: Duration = Duration::from_millis(20);
/// What is read at once, and thrown away.
const BUFFER_BYTES: usize = 64 << 10;

/// What was offered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Frames that the other side's kernel took.
    pub frames: u64,
    /// Connections that were opened.
    pub connections: u64,
    /// Those of them that the other side ended.
    pub cut: u64,
    /// How long it took.
    pub elapsed: Duration,
}

impl Tally {
    /// Frames a second, of all connections.
    pub fn frames_per_second(&self) -> f64 {
        self.frames as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// A flood that goes on until it is stopped.
#[derive(Debug)]
pub struct Flood {
    started: Instant,
    // A thread stops when its sender is gone.
    stops: Vec<SyncSender<()>>,
    threads: Vec<JoinHandle<Tally>>,
}

impl Flood {
    /// Begins on that many connections; `frames_per_second` of all of them together, as fast as it goes without.
    pub fn start(
        attack: Attack,
        connections: usize,
        address: SocketAddr,
        frames_per_second: Option<f64>,
    ) -> Self {
        let pace = frames_per_second.map(|pace| pace / connections as f64);
        let mut flood = Self { started: Instant::now(), stops: Vec::new(), threads: Vec::new() };
        for _ in 0..connections {
            let (stop, stopped) = sync_channel(0);
            flood.stops.push(stop);
            flood.threads.push(thread::spawn(move || offer(attack, address, pace, &stopped)));
        }
        flood
    }

    /// Ends it.
    ///
    /// # Errors
    /// When a thread panicked.
    pub fn stop(self) -> anyhow::Result<Tally> {
        drop(self.stops);
        let mut all = Tally::default();
        for thread in self.threads {
            let one = thread.join().map_err(|_| anyhow!("a thread of the flood panicked"))?;
            all.frames += one.frames;
            all.connections += one.connections;
            all.cut += one.cut;
        }
        all.elapsed = self.started.elapsed();
        Ok(all)
    }
}

/// Opens connections one after the other, as each is cut.
fn offer(attack: Attack, address: SocketAddr, pace: Option<f64>, stopped: &Receiver<()>) -> Tally {
    let (mut tally, started) = (Tally::default(), Instant::now());
    let mut held = Vec::new();
    while is_on(stopped, Duration::ZERO) {
        let Ok(stream) = TcpStream::connect_timeout(&address, LOOK) else { continue };
        tally.connections += 1;
        if held.len() + 1 < attack.connections_per_thread() {
            held.push(stream);
        } else if abuse(attack, stream, pace, stopped, started, &mut tally).is_err() {
            tally.cut += 1;
        }
    }
    tally
}

/// Says all of it on a connection; an error when the other side ended it.
fn abuse(
    attack: Attack,
    mut stream: TcpStream,
    pace: Option<f64>,
    stopped: &Receiver<()>,
    started: Instant,
    tally: &mut Tally,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(LOOK))?;
    let mut answers = stream.try_clone()?;
    // What is answered is read, as a client would that means to go on.
    let reading = thread::spawn(move || {
        let mut buffer = vec![0; BUFFER_BYTES];
        while matches!(answers.read(&mut buffer), Ok(1..)) {}
    });
    let mut script = Script::new(attack);
    let (mut out, mut frames) = script.greeting();
    let mut said = Ok(());
    while is_on(stopped, Duration::ZERO) {
        said = write(&mut stream, &out, stopped);
        if said.is_err() || reading.is_finished() {
            said = said.and(Err(ErrorKind::ConnectionAborted.into()));
            break;
        }
        tally.frames += frames;
        if let Some(pace) = pace {
            let ahead = tally.frames as f64 / pace - started.elapsed().as_secs_f64();
            if ahead > 0.0 && !is_on(stopped, Duration::from_secs_f64(ahead)) {
                break;
            }
        }
        out.clear();
        frames = script.batch(&mut out);
        while frames == 0 && !reading.is_finished() && is_on(stopped, LOOK) {}
    }
    // It may be closed already.
    let _ = stream.shutdown(Shutdown::Both);
    let _ = reading.join();
    said
}

/// Writes everything, unless it is told to stop while the other side does not take it.
fn write(stream: &mut TcpStream, mut rest: &[u8], stopped: &Receiver<()>) -> std::io::Result<()> {
    while !rest.is_empty() {
        match stream.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if !is_on(stopped, Duration::ZERO) {
                    return Ok(());
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether it is to go on, asked for as long as `wait`.
fn is_on(stopped: &Receiver<()>, wait: Duration) -> bool {
    stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout)
}

/// Reads whatever anybody sends and forgets it: the floor of a flood. It lives as long as the process.
#[derive(Debug, Clone, Copy)]
pub struct Sink {
    /// Where.
    pub address: SocketAddr,
}

impl Sink {
    /// Listens on a free port.
    ///
    /// # Errors
    /// There is none.
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut buffer = vec![0; BUFFER_BYTES];
                    while matches!(stream.read(&mut buffer), Ok(1..)) {}
                });
            }
        });
        Ok(Self { address })
    }
}
