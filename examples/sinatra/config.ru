# frozen_string_literal: true

require 'sinatra/base'

# Notes that are kept for as long as the process lives.
class Notes < Sinatra::Base
  NOTES = Queue.new

  get '/' do
    content_type :text
    "#{NOTES.size} notes in process #{Process.pid}\n"
  end

  post '/notes' do
    NOTES << params.fetch('text')
    redirect to("/notes/#{params.fetch('text').length}"), 303
  end

  get '/notes/:length' do
    content_type :text
    "A note of #{params[:length]} characters from #{request.ip}, asked for at #{request.url}\n"
  end

  # Sent line by line.
  get '/slow' do
    content_type :text
    stream do |out|
      5.times do |i|
        out << "line #{i}\n"
        sleep 0.2
      end
    end
  end

  post '/size' do
    content_type :text
    "#{request.body.read.bytesize} bytes\n"
  end
end

run Notes
