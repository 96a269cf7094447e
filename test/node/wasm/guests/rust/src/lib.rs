//! A process in Rust that calls all 19 functions, each when a message tells it to, and then some of what std offers.

wit_bindgen::generate!({ path: "../../../../../node/wasm/wit", world: "process-v1" });

use hyperware::process::standard::*;
use std::time::{Duration, Instant, SystemTime};

struct Process;
export!(Process);

fn respond(body: Vec<u8>, metadata: Option<String>, blob: Option<LazyLoadBlob>) {
    send_response(&Response { inherit: false, body, metadata, capabilities: vec![] }, blob.as_ref());
}

fn say(text: &str, metadata: Option<String>) {
    respond(text.into(), metadata, None);
}

fn on_send_error(error: SendError, context: Option<Vec<u8>>) {
    print_to_terminal(
        0,
        match error.kind {
            SendErrorKind::Offline => "offline",
            SendErrorKind::Timeout => "timeout",
        },
    );
    match error.message {
        Message::Response((response, _)) => send_response(&response, error.lazy_load_blob.as_ref()),
        Message::Request(request) => respond(request.body, request.metadata, error.lazy_load_blob),
    }
    if let Some(context) = context {
        respond(context, Some(error.target.node), None);
    }
}

fn on_response(response: Response, context: Option<Vec<u8>>) {
    send_response(&response, get_blob().as_ref());
    if let Some(context) = context {
        respond(context, None, None);
    }
}

fn spawn_child(source: Address, request: Request) {
    let grants = [(source.process, "\"messaging\"".into())];
    let path = "/package/child.wasm";
    match spawn(request.metadata.as_deref(), path, &OnExit::Restart, &request.capabilities, &grants, request.inherit) {
        Ok(id) => say(&id.process_name, Some(id.publisher_node)),
        Err(SpawnError::NameTaken) => say("name-taken", None),
        Err(SpawnError::NoFileAtPath) => say("no-file-at-path", None),
    }
}

/// What std makes of a machine without arguments, variables, files, sockets and input.
fn look_around() {
    let began = Instant::now();
    std::thread::sleep(Duration::from_millis(10));
    println!("nobody reads this");
    eprintln!("the last words");
    let slept = began.elapsed() >= Duration::from_millis(10);
    let today = SystemTime::now() > SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let arguments = std::env::args().count();
    let variables = std::env::vars().count();
    let file = std::fs::read("/etc/hostname").is_err();
    let socket = std::net::TcpStream::connect("127.0.0.1:80").is_err();
    let input = std::io::stdin().lines().count();
    let seeds = std::collections::HashMap::from([(1, 2)]).len();
    say(&format!("{slept} {today} {arguments} {variables} {file} {socket} {input} {seeds}"), None);
}

fn on_request(source: Address, r: Request) {
    let blob = get_blob();
    match r.body.first() {
        Some(b'p') => print_to_terminal(7, &r.metadata.unwrap_or_default()),
        Some(b'o') => {
            let me = our();
            say(&me.node, Some(me.process.process_name));
        }
        Some(b'e') => {
            set_on_exit(&OnExit::Requests(vec![(source, r, blob)]));
            set_on_exit(&get_on_exit());
        }
        Some(b's') => set_state(&r.body),
        Some(b'g') => respond(get_state().unwrap_or(b"none".to_vec()), None, None),
        Some(b'c') => clear_state(),
        Some(b'w') => spawn_child(source, r),
        Some(b'+') => save_capabilities(&r.capabilities),
        Some(b'-') => drop_capabilities(&r.capabilities),
        Some(b'h') => {
            let inherit = has_blob();
            let capabilities = our_capabilities();
            send_response(&Response { inherit, body: vec![], metadata: None, capabilities }, blob.as_ref());
        }
        Some(b'l') => respond(vec![], None, last_blob()),
        Some(b'r') => send_request(&source, &r, Some(&r.body), blob.as_ref()),
        Some(b'R') => {
            let context = Some(r.body.clone());
            send_requests(&[(source.clone(), r.clone(), context, blob), (source, r, None, None)]);
        }
        Some(b'a') => match send_and_await_response(&source, &r, blob.as_ref()) {
            Err(error) => on_send_error(error, None),
            Ok((_, Message::Response((response, context)))) => on_response(response, context),
            Ok((_, Message::Request(_))) => panic!("a request came as an answer"),
        },
        Some(b'W') => look_around(),
        Some(b'P') => panic!("as told"),
        Some(b'X') => std::process::exit(i32::from(r.body[1] - b'0')),
        _ => {
            let Request { inherit, body, metadata, capabilities, .. } = r;
            send_response(&Response { inherit, body, metadata, capabilities }, blob.as_ref());
        }
    }
}

impl Guest for Process {
    fn init(our: String) {
        print_to_terminal(1, &our);
        loop {
            match receive() {
                Err((error, context)) => on_send_error(error, context),
                Ok((_, Message::Response((response, context)))) => on_response(response, context),
                Ok((_, Message::Request(request))) if request.body.first() == Some(&b'q') => return,
                Ok((source, Message::Request(request))) => on_request(source, request),
            }
        }
    }
}
